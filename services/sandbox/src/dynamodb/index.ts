export {
  createDynamoDbService,
  type DynamoDbService,
  type DynamoDbServiceOptions,
} from './dynamodb-service.ts';
